"""PMML 4.4 for the two kinds of model in iris/species: written from the estimator, and scored.

The scorer reads the file alone. It knows just what the writer writes.
"""

from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from recipes.data import Array

NAMESPACE = "http://www.dmg.org/PMML-4_4"
LEAF = -1

Names = tuple[str, ...]


def document(model: ClassifierMixin, name: str, features: Names, classes: Names) -> bytes:
    """Write a fitted tree or logistic regression as a PMML document."""
    root = ET.Element("PMML", version="4.4", xmlns=NAMESPACE)
    header = ET.SubElement(root, "Header", description=name)
    ET.SubElement(header, "Application", name="scikit-learn", version=version("scikit-learn"))
    fields = ET.SubElement(root, "DataDictionary", numberOfFields=str(len(features) + 1))
    for feature in features:
        ET.SubElement(fields, "DataField", name=feature, optype="continuous", dataType="double")
    target = ET.SubElement(
        fields, "DataField", name="species", optype="categorical", dataType="string"
    )
    for one in classes:
        ET.SubElement(target, "Value", value=one)
    write = _tree if isinstance(model, DecisionTreeClassifier) else _regression
    write(root, model, features, classes)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _begin(root: ET.Element, kind: str, features: Names, classes: Names, **more: str) -> ET.Element:
    """Open a model element with its schema and the chances it gives out."""
    model = ET.SubElement(root, kind, functionName="classification", **more)
    schema = ET.SubElement(model, "MiningSchema")
    ET.SubElement(schema, "MiningField", name="species", usageType="target")
    for feature in features:
        ET.SubElement(schema, "MiningField", name=feature)
    output = ET.SubElement(model, "Output")
    for one in classes:
        about = {"optype": "continuous", "dataType": "double", "feature": "probability"}
        ET.SubElement(output, "OutputField", name=f"probability({one})", value=one, **about)
    return model


def _tree(root: ET.Element, model: DecisionTreeClassifier, features: Names, classes: Names) -> None:
    tree = model.tree_
    body = _begin(root, "TreeModel", features, classes, splitCharacteristic="binarySplit")

    def grow(parent: ET.Element, at: int, condition: dict[str, str] | None) -> None:
        counts = tree.value[at][0] * tree.n_node_samples[at]
        node = ET.SubElement(parent, "Node", id=str(at), score=classes[int(counts.argmax())])
        node.set("recordCount", str(tree.n_node_samples[at]))
        if condition is None:
            ET.SubElement(node, "True")
        else:
            ET.SubElement(node, "SimplePredicate", condition)
        for one, count in zip(classes, counts, strict=True):
            ET.SubElement(node, "ScoreDistribution", value=one, recordCount=str(round(count)))
        if tree.children_left[at] == LEAF:
            return
        asked = {"field": features[tree.feature[at]], "value": repr(float(tree.threshold[at]))}
        grow(node, tree.children_left[at], {**asked, "operator": "lessOrEqual"})
        grow(node, tree.children_right[at], {**asked, "operator": "greaterThan"})

    grow(body, 0, None)


def _regression(
    root: ET.Element, model: LogisticRegression, features: Names, classes: Names
) -> None:
    body = _begin(root, "RegressionModel", features, classes, normalizationMethod="softmax")
    for one, start, slopes in zip(classes, model.intercept_, model.coef_, strict=True):
        table = ET.SubElement(body, "RegressionTable", targetCategory=one)
        table.set("intercept", repr(float(start)))
        for feature, slope in zip(features, slopes, strict=True):
            ET.SubElement(table, "NumericPredictor", name=feature, coefficient=repr(float(slope)))


def chances(path: Path, features: Names, classes: Names, rows: Array) -> Array:
    """Score rows with a document written above; one column per class."""
    root = ET.parse(path).getroot()  # noqa: S314 -- written by this very script
    tables = root.findall(f".//{{{NAMESPACE}}}RegressionTable")
    if tables:
        return _softmax(np.column_stack([_line(table, features, rows) for table in tables]))
    top = root.find(f".//{{{NAMESPACE}}}Node")
    return np.array([_walk(top, dict(zip(features, row, strict=True)), classes) for row in rows])


def _line(table: ET.Element, features: Names, rows: Array) -> Array:
    slopes = {part.get("name"): float(part.get("coefficient", "nan")) for part in table}
    return rows @ np.array([slopes[name] for name in features]) + float(table.attrib["intercept"])


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _walk(node: ET.Element, row: dict[str, float], classes: Names) -> list[float]:
    for child in node.findall(f"{{{NAMESPACE}}}Node"):
        if _holds(child, row):
            return _walk(child, row, classes)
    shares = {
        part.get("value"): float(part.attrib["recordCount"])
        for part in node.findall(f"{{{NAMESPACE}}}ScoreDistribution")
    }
    return [shares[one] / sum(shares.values()) for one in classes]


def _holds(node: ET.Element, row: dict[str, float]) -> bool:
    asked = node.find(f"{{{NAMESPACE}}}SimplePredicate")
    low = row[asked.attrib["field"]] <= float(asked.attrib["value"])
    return low == (asked.attrib["operator"] == "lessOrEqual")
