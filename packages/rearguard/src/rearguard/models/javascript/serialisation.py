"""Libraries that turn text into objects which can carry behaviour.

node-serialize and funcster rebuild functions, serialize-to-js and cryo rebuild typed objects, and js-yaml
did so until its version 4. API references: https://www.npmjs.com/package/node-serialize,
https://github.com/commenthol/serialize-to-js, https://github.com/jeffomatic/funcster,
https://github.com/hunterloftis/cryo, https://github.com/nodeca/js-yaml
"""

from rearguard.models.concepts import Deserialisation
from rearguard.models.dsl import Library

__all__ = ["SERIALISATION"]

_PLAIN_SCHEMAS = tuple(
    f"js-yaml.{name}_SCHEMA" for name in ("FAILSAFE", "JSON", "CORE", "SAFE", "DEFAULT_SAFE")
)

SERIALISATION = Library(
    name="serialisation",
    language="javascript",
    packages=("node-serialize", "serialize-to-js", "funcster", "cryo", "js-yaml"),
    concepts=(
        Deserialisation("node-serialize.unserialize(0)", instead="JSON.parse"),
        Deserialisation("serialize-to-js.deserialize(0)", instead="JSON.parse"),
        Deserialisation("funcster.deepDeserialize(0)", instead="JSON.parse"),
        Deserialisation("cryo.parse(0)", instead="JSON.parse"),
        # Until version 4 `load` made functions of `!!js/function`.
        Deserialisation(
            "js-yaml.{load,loadAll}(0)",
            safe_when="(-1).schema",
            safe_values=_PLAIN_SCHEMAS,
            before="4.0.0",
        ),
    ),
)
