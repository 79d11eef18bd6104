"""Formats that can carry objects: YAML, Dill, cloudpickle, joblib, jsonpickle, pandas, PyTorch.

API reference: https://pyyaml.org/wiki/PyYAMLDocumentation, https://yaml.readthedocs.io/,
https://dill.readthedocs.io/, https://joblib.readthedocs.io/, https://jsonpickle.github.io/,
https://pandas.pydata.org/docs/reference/io.html, https://docs.pytorch.org/docs/stable/generated/torch.load.html
"""

from rearguard.models.concepts import Deserialisation, Parsed
from rearguard.models.dsl import Library

__all__ = ["SERIALIZATION"]

_SAFE_LOADERS = (
    "yaml.SafeLoader",
    "yaml.CSafeLoader",
    "yaml.BaseLoader",
    "yaml.CBaseLoader",
    "yaml.loader.SafeLoader",
    "yaml.loader.BaseLoader",
    "yaml.cyaml.CSafeLoader",
)

YAML = Library(
    name="yaml",
    language="python",
    packages=("yaml", "ruamel"),
    types={"Loader": ("{" + ",".join(_SAFE_LOADERS) + "}",)},
    concepts=(
        Deserialisation(
            "yaml.{load,load_all}(0|stream)",
            safe_when="(1|Loader)",
            safe_values=_SAFE_LOADERS,
            instead="yaml.safe_load",
        ),
        # The full loader is for trusted input too (PyYAML wiki, "yaml.load(input) deprecation").
        Deserialisation(
            "yaml.{full_load,full_load_all,unsafe_load,unsafe_load_all}(0|stream)", instead="yaml.safe_load"
        ),
        Parsed("yaml.{safe_load,load}()"),
        Deserialisation("ruamel.yaml.{load,load_all}(0|stream)", instead="ruamel.yaml.YAML"),
    ),
)

PICKLES = Library(
    name="pickles",
    language="python",
    packages=("dill", "cloudpickle", "joblib", "jsonpickle", "pandas", "torch"),
    concepts=(
        Deserialisation("{dill,cloudpickle}.{load,loads}(0)", instead="json.loads"),
        Deserialisation("joblib.load(0|filename)", instead="json.loads"),
        Deserialisation("jsonpickle.{decode,loads}(0|string)", instead="json.loads"),
        Deserialisation("pandas.read_pickle(0|filepath_or_buffer)", instead="pandas.read_parquet"),
        Deserialisation(
            "torch.load(0|f)", safe_when="(weights_only)", safe_values=("True",), instead="weights_only"
        ),
    ),
)

SERIALIZATION = (YAML, PICKLES)
