"""Dates written out: Moment, Day.js, date-fns, Luxon.

API references: https://momentjs.com/docs/, https://day.js.org/docs/en/display/format,
https://date-fns.org/docs/format, https://moment.github.io/luxon/
"""

from rearguard.models.concepts import TEXT, Sanitizer
from rearguard.models.dsl import Library

__all__ = ["DATES"]

DATES = Library(
    name="dates",
    language="javascript",
    packages=("moment", "dayjs", "date-fns", "luxon"),
    types={
        "Moment": (
            "{moment,dayjs,global.moment,global.dayjs,moment-timezone}()",
            "{moment,dayjs,global.moment,global.dayjs}.{utc,unix}()",
            "luxon.DateTime.{fromISO,fromJSDate,fromMillis}()",
            "Moment.{utc,local,tz,locale,add,subtract,startOf,endOf,setLocale,setZone}()",
        ),
    },
    concepts=(
        Sanitizer("Moment.{format,fromNow,calendar,toISOString,toISO,toFormat,toLocaleString}()", TEXT),
        Sanitizer("date-fns.{format,formatISO,formatDistance}()", TEXT),
    ),
)
