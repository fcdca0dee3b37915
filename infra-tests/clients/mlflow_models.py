"""Logs with MLflow, into the folder given, the models that both servers are asked to answer with.

people   scikit-learn, columns by name       people-onnx   the same model as ONNX
visits   the same with a column of times     tensor        ONNX, a matrix without names
"""

import sys

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema, TensorSpec
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import (
    BooleanTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

out = sys.argv[1]
# Named, so that MLflow does not spend seconds on finding out.
NEEDS = ["mlflow", "scikit-learn", "onnxruntime"]
OPSET = {"": 17, "ai.onnx.ml": 3}
random = np.random.default_rng(7)
n = 300
people = pd.DataFrame(
    {
        "city": random.choice(["Bern", "Köln", "Linz"], n),
        "age": random.integers(18, 80, n),
        "height": random.normal(1.7, 0.1, n),
        "weight": np.where(random.random(n) < 0.1, np.nan, random.normal(70, 9, n)),
        "member": random.random(n) < 0.5,
    }
)
score = people.age * 0.1 + people.height * 3 + people.member * 2 + (people.city == "Bern") * 5
columns = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["city"]),
    (SimpleImputer(), ["height", "weight"]),
    ("passthrough", ["age", "member"]),
)
model = make_pipeline(columns, LinearRegression()).fit(people, score)

inputs = [
    ColSpec("string", "city"),
    ColSpec("long", "age"),
    ColSpec("double", "height"),
    ColSpec("double", "weight", required=False),
    ColSpec("boolean", "member"),
]
outputs = Schema([TensorSpec(np.dtype("float64"), (-1,))])


def log_sklearn(name, columns, example):
    mlflow.sklearn.save_model(
        model,
        f"{out}/{name}",
        signature=ModelSignature(Schema(columns), outputs),
        input_example=example,
        skops_trusted_types=["numpy.dtype"],
        pip_requirements=NEEDS,
    )


log_sklearn("people", inputs, None)
visits = people.head(3).assign(since=pd.Timestamp("2026-01-01"))
log_sklearn("visits", [*inputs, ColSpec("datetime", "since")], visits)

kinds = [StringTensorType, Int64TensorType, FloatTensorType, FloatTensorType, BooleanTensorType]
graph = convert_sklearn(
    model,
    initial_types=[(column.name, kind([None, 1])) for column, kind in zip(inputs, kinds)],
    target_opset=OPSET,
)
mlflow.onnx.save_model(
    graph,
    f"{out}/people-onnx",
    signature=ModelSignature(Schema(inputs), outputs),
    pip_requirements=NEEDS,
)

people.head(2).to_parquet(f"{out}/people.parquet")

matrix = random.normal(size=(60, 3)).astype("float32")
graph = convert_sklearn(
    LinearRegression().fit(matrix, matrix @ [1, 2, 4]),
    initial_types=[("x", FloatTensorType([None, 3]))],
    target_opset=OPSET,
)
mlflow.onnx.save_model(
    graph,
    f"{out}/tensor",
    signature=ModelSignature(
        Schema([TensorSpec(np.dtype("float32"), (-1, 3))]),
        Schema([TensorSpec(np.dtype("float32"), (-1, 1))]),
    ),
    pip_requirements=NEEDS,
)
