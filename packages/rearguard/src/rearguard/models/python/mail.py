"""Mail: smtplib and email of the standard library, Flask-Mail, Django's, aiosmtplib, yagmail.

https://docs.python.org/3/library/smtplib.html, https://docs.python.org/3/library/email.message.html,
https://flask-mail.readthedocs.io/, https://docs.djangoproject.com/en/stable/topics/email/

`EmailMessage`, Django and Flask-Mail refuse line breaks in headers; the older classes of `email` and text put
together by hand do not. Texts of mails matter where they carry links.
"""

from rearguard.models.concepts import MailHeader, MailMarkup, SecretUse, SharedContent
from rearguard.models.dsl import Library

__all__ = ["MAIL"]

_LEGACY = (
    "{text.MIMEText,multipart.MIMEMultipart,base.MIMEBase,mime.text.MIMEText,mime.multipart.MIMEMultipart}"
)

MAIL = Library(
    name="mail",
    language="python",
    packages=("flask_mail", "flask_mailman", "django.core.mail", "aiosmtplib", "yagmail"),
    types={
        "Server": ("smtplib.{SMTP,SMTP_SSL,LMTP}()", "aiosmtplib.SMTP()"),
        # Does not look at what its headers hold (email.mime, policy compat32).
        "Legacy": (
            "email.mime.{text.MIMEText,multipart.MIMEMultipart,base.MIMEBase,nonmultipart.MIMENonMultipart}()",
            "email.message.Message()",
        ),
        "Message": ("flask_mail.Message()", "flask_mailman.{EmailMessage,EmailMultiAlternatives}()"),
        "Sender": ("flask_mail.Mail()",),
    },
    concepts=(
        SecretUse("Server.login(1|password)", what="password"),
        SecretUse("yagmail.SMTP(1|password)", what="password"),
        MailHeader("Server.sendmail(2|msg)", whole=True),
        MailHeader("aiosmtplib.send(0|message)", whole=True),
        MailHeader("Legacy.add_header(1|_value)"),
        MailHeader("Legacy.{Subject,To,From,Cc,Bcc,Reply-To}"),
        SharedContent("Server.sendmail(2|msg)", where="mail"),
        SharedContent("email.mime.text.MIMEText(0|_text)", where="mail"),
        SharedContent("email.message.EmailMessage().{set_content,add_alternative}(0)", where="mail"),
        SharedContent("flask_mail.Message({body,html})", where="mail"),
        SharedContent("Sender.send_message({body,html})", where="mail"),
        SharedContent("Message.{body,html}", where="mail"),
        SharedContent(
            "django.core.mail.{send_mail,EmailMessage,EmailMultiAlternatives}(1|message)", where="mail"
        ),
        SharedContent("django.core.mail.send_mail(html_message)", where="mail"),
        MailMarkup("email.mime.text.MIMEText(0|_text)", when="(1|_subtype)"),
        MailMarkup(
            "email.message.EmailMessage().{set_content,add_alternative,add_related}(0)", when="(subtype)"
        ),
        MailMarkup("flask_mail.Message(html)"),
        MailMarkup(
            "flask_mailman.EmailMultiAlternatives().attach_alternative(0|content)", when="(1|mimetype)"
        ),
        MailMarkup("Sender.send_message(html)"),
        MailMarkup("Message.html"),
        MailMarkup("django.core.mail.send_mail(html_message)"),
        MailMarkup(
            "{django.core.mail.EmailMultiAlternatives,anymail.message.AnymailMessage}().attach_alternative(0|content)",
            when="(1|mimetype)",
        ),
        SharedContent("yagmail.SMTP().send(2|contents)", where="mail"),
    ),
)
