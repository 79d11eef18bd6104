"""Libraries that turn text into objects which can carry behaviour.

node-serialize and funcster rebuild functions, serialize-to-js and cryo rebuild typed objects.
API references: https://www.npmjs.com/package/node-serialize, https://github.com/commenthol/serialize-to-js,
https://github.com/jeffomatic/funcster, https://github.com/hunterloftis/cryo
"""

from rearguard.models.concepts import Deserialisation
from rearguard.models.dsl import Library

__all__ = ["SERIALISATION"]

SERIALISATION = Library(
    name="serialisation",
    language="javascript",
    packages=("node-serialize", "serialize-to-js", "funcster", "cryo"),
    concepts=(
        Deserialisation("node-serialize.unserialize(0)", instead="JSON.parse"),
        Deserialisation("serialize-to-js.deserialize(0)", instead="JSON.parse"),
        Deserialisation("funcster.deepDeserialize(0)", instead="JSON.parse"),
        Deserialisation("cryo.parse(0)", instead="JSON.parse"),
    ),
)
