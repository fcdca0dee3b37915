"""Trains the two wine models, logs them with MLflow and writes their packages beside this file.

    pip install -r requirements.txt
    python train.py                                # writes model/ and model-v2/
    python train.py --out /tmp/wine                # writes them somewhere else
    MLFLOW_TRACKING_URI=http://127.0.0.1:5000 python train.py    # registers them there too

Run twice, it writes the same files: seeds and graph names are fixed, and what MLflow adds of ids and
times is taken out of the packages.
"""

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

import mlflow
import numpy as np
import onnx
import pandas as pd
import yaml
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema, TensorSpec
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, mean_absolute_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
SEED = 7
OPSET = {"": 17, "ai.onnx.ml": 3}
# What differs from run to run, and where it was trained.
VOLATILE = (
    "artifact_path",
    "model_id",
    "model_size_bytes",
    "model_uuid",
    "prompts",
    "run_id",
    "utc_time_created",
)
# Read before MLflow sets it for itself.
REGISTERED_AS = "wine-red" if "MLFLOW_TRACKING_URI" in os.environ else None


def load():
    wine = pd.read_csv(HERE / "winequality-red.csv").astype("float64")
    return wine.drop(columns="quality"), wine["quality"]


def to_onnx(model, width, options=None):
    return convert_sklearn(
        model,
        name="wine",
        initial_types=[("x", FloatTensorType([None, width]))],
        options=options,
        target_opset=OPSET,
    )


def rename_output(graph, old, new):
    for node in graph.graph.node:
        node.output[:] = [new if name == old else name for name in node.output]
    for output in graph.graph.output:
        output.name = new if output.name == old else output.name


def regressor(x, y):
    """v1: the score as a number between the grades."""
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(x, y)
    graph = to_onnx(model, x.shape[1])
    rename_output(graph, graph.graph.output[0].name, "quality")
    outputs = Schema([TensorSpec(np.dtype("float64"), (-1,), "quality")])
    return model, graph, outputs, lambda rows: {"predictions": model.predict(rows).tolist()}


def classifier(x, y):
    """v2: one of the grades, and how sure. Its label is cast to a double, so that both versions of a
    service answer the same type: a quality score. A forest needs no scaler, and one before it would
    not survive float32: many wines lie exactly on a threshold."""
    model = RandomForestClassifier(
        n_estimators=60, max_depth=8, min_samples_leaf=3, random_state=SEED, n_jobs=1
    ).fit(x, y.astype("int64"))
    graph = to_onnx(model, x.shape[1], {id(model): {"zipmap": False}})
    rename_output(graph, graph.graph.output[0].name, "grade")
    graph.graph.node.append(
        helper.make_node("Cast", ["grade"], ["quality"], name="grade_to_quality", to=TensorProto.DOUBLE)
    )
    quality = helper.make_tensor_value_info("quality", TensorProto.DOUBLE, [None])
    probabilities = graph.graph.output[1]
    del graph.graph.output[:]
    graph.graph.output.extend([quality, probabilities])
    onnx.checker.check_model(graph)
    outputs = Schema(
        [
            TensorSpec(np.dtype("float64"), (-1,), "quality"),
            TensorSpec(np.dtype("float32"), (-1, len(model.classes_)), "probabilities"),
        ]
    )

    def answer(rows):
        names = [str(name) for name in model.classes_]
        return {
            "predictions": model.predict(rows).astype("float64").tolist(),
            "probabilities": [dict(zip(names, row)) for row in model.predict_proba(rows).tolist()],
        }

    return model, graph, outputs, answer


def clean(folder):
    """Takes out of an MLmodel what no other run would write again."""
    file = folder / "MLmodel"
    described = yaml.safe_load(file.read_text())
    kept = {key: value for key, value in described.items() if key not in VOLATILE}
    file.write_text(yaml.safe_dump(kept, sort_keys=True))
    (folder / "registered_model_meta").unlink(missing_ok=True)


def publish(name, make, out, x, y):
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.25, random_state=SEED)
    model, graph, outputs, answer = make(train_x, train_y)
    example = test_x.iloc[:5].reset_index(drop=True)
    signature = ModelSignature(
        inputs=Schema([ColSpec("double", column) for column in x.columns]), outputs=outputs
    )
    got = model.predict(test_x)
    with mlflow.start_run(run_name=name):
        mlflow.log_metric("mean_absolute_error", mean_absolute_error(test_y, got))
        mlflow.log_metric("accuracy", accuracy_score(test_y, np.rint(got)))
        logged = mlflow.onnx.log_model(
            graph,
            name="model",
            signature=signature,
            input_example=example,
            pip_requirements=["onnxruntime==1.31.1", "onnx==1.23.2"],
            registered_model_name=REGISTERED_AS,
            onnx_execution_providers=["CPUExecutionProvider"],
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    mlflow.artifacts.download_artifacts(logged.model_uri, dst_path=str(out))
    clean(out)
    # The answers of the trained model itself, not of its export: the gate compares the two.
    (out / "expected_output.json").write_text(json.dumps(answer(example), indent=1) + "\n")
    print(f"{out}: mean absolute error {mean_absolute_error(test_y, got):.3f}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", type=Path, default=HERE)
    out = arguments.parse_args().out
    x, y = load()
    with tempfile.TemporaryDirectory() as scratch:
        if REGISTERED_AS is None:
            mlflow.set_tracking_uri(f"sqlite:///{scratch}/mlflow.db")
            mlflow.create_experiment("wine", artifact_location=f"{scratch}/artifacts")
        mlflow.set_experiment("wine")
        publish("regressor", regressor, out / "model", x, y)
        publish("classifier", classifier, out / "model-v2", x, y)


if __name__ == "__main__":
    main()
