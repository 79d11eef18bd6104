"""Mail, shared caches, sheets and formats: nodemailer, node-cache, redis, json2csv, csv-stringify, Papa
Parse.

API references: https://nodemailer.com/message/ (escapes line breaks in headers; `raw` is sent as it is),
https://github.com/node-cache/node-cache, https://redis.io/docs/latest/develop/clients/nodejs/,
https://csv.js.org/stringify/options/escape_formulas/, https://www.papaparse.com/docs#unparse,
https://github.com/juanjoDiaz/json2csv, https://github.com/alexei/sprintf.js
"""

from rearguard.models.concepts import FormatString, MailHeader, MailMarkup, SharedContent, SheetWrite
from rearguard.models.dsl import Library

__all__ = ["MESSAGES"]

MESSAGES = Library(
    name="messages",
    language="javascript",
    packages=(
        *("nodemailer", "@sendgrid/mail", "resend", "postmark", "node-cache", "ioredis", "redis", "json2csv"),
        "papaparse",
    ),
    types={
        "Transport": ("nodemailer.createTransport()",),
        "Cache": (
            "{node-cache,ioredis,lru-cache,keyv}()",
            "{ioredis.Redis,ioredis.default,lru-cache.LRUCache}()",
            "redis.createClient()",
            "Cache.connect()",
        ),
        "Parser": ("{json2csv,@json2csv/plainjs}.{Parser,AsyncParser}()",),
        "Writer": ("csv-writer.{createObjectCsvWriter,createArrayCsvWriter,createObjectCsvStringifier}()",),
    },
    concepts=(
        MailHeader("Transport.sendMail(0).raw", whole=True),
        MailHeader("sendmail()(0).raw", whole=True),
        SharedContent("Transport.sendMail(0).html", where="mail"),
        SharedContent("Transport.sendMail(0).text", where="mail"),
        SharedContent("@sendgrid/mail.send(0).html", where="mail"),
        SharedContent("@sendgrid/mail.send(0).text", where="mail"),
        MailMarkup("Transport.sendMail(0).html"),
        MailMarkup("@sendgrid/mail.send(0).html"),
        MailMarkup("resend.Resend().emails.send(0).html"),
        MailMarkup("postmark.ServerClient().sendEmail(0).HtmlBody"),
        SharedContent("Cache.{set,setex,setEx}(1:)"),
        SheetWrite("Parser.parse(0)"),
        SheetWrite("json2csv.{parse,parseAsync}(0)"),
        SheetWrite(
            "{csv-stringify,csv-stringify.stringify,csv-stringify/sync.stringify}(0)",
            unless="(1).escape_formulas",
        ),
        SheetWrite("papaparse.unparse(0)", unless="(1).escapeFormulae"),
        SheetWrite("{fast-csv,@fast-csv/format}.{write,writeToString}(0)"),
        SheetWrite("Writer.{writeRecords,stringifyRecords}(0)"),
        FormatString("sprintf-js.{sprintf,vsprintf}(0)"),
        FormatString("util.format(0)"),
    ),
)
