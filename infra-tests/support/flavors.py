"""Logs a scikit-learn and an XGBoost model with MLflow; prints what each predicts for its example."""

import json
import sys

import mlflow
import numpy as np
import pandas as pd
import xgboost
from sklearn.linear_model import LogisticRegression

out = sys.argv[1]
random = np.random.default_rng(7)
X = pd.DataFrame(random.normal(size=(200, 3)), columns=["a", "b", "c"])
target = X["a"] - 2 * X["b"]
example = X.head(4)

labels = np.where(target > 0, "yes", "no")
classifier = LogisticRegression().fit(X, labels)
mlflow.sklearn.save_model(
    classifier,
    f"{out}/sklearn",
    signature=mlflow.models.infer_signature(X, classifier.predict(X)),
    input_example=example,
)

regressor = xgboost.XGBRegressor(n_estimators=5, max_depth=2).fit(X, target)
mlflow.xgboost.save_model(
    regressor,
    f"{out}/xgboost",
    signature=mlflow.models.infer_signature(X, regressor.predict(X)),
    input_example=example,
)

print(
    json.dumps(
        {
            "data": example.to_numpy().tolist(),
            "sklearn": classifier.predict(example).tolist(),
            "xgboost": regressor.predict(example).astype(float).tolist(),
        }
    )
)
