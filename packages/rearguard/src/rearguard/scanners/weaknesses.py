"""Which weaknesses are one cause: tools file the same defect under different numbers."""

__all__ = ["same_cause"]

_FAMILIES = (
    frozenset((89, 564, 943)),
    frozenset((77, 78, 88)),
    frozenset((94, 95, 96, 1336)),
    frozenset((79, 80, 83, 87, 116)),
    frozenset((22, 23, 36, 73, 35, 98)),
    frozenset((502, 20)),
    frozenset((256, 259, 260, 321, 522, 540, 547, 615, 798, 1391, 1392, 1393)),
    frozenset((326, 327, 328, 759, 760, 916, 1204, 1240)),
    frozenset((330, 331, 335, 338, 340)),
    frozenset((295, 297, 319, 599, 757)),
    frozenset((611, 776, 827)),
    frozenset((489, 215)),
    frozenset((614, 1004, 1275)),
    frozenset((209, 210, 497, 550)),
    frozenset((390, 391, 392, 396, 703, 755)),
    frozenset((377, 378, 379)),
    frozenset((915, 1321)),
    frozenset((400, 770, 1333)),
    frozenset((345, 347)),
    frozenset((942, 346, 1385)),
    frozenset((1395, 1104, 937)),
    frozenset((284, 285, 862, 863, 639, 306)),
)


def same_cause(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether two results name one weakness, or two that are told apart by convention only."""
    if one & other:
        return True
    return any(one & family and other & family for family in _FAMILIES)
