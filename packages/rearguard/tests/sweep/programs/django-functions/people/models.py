from django.conf import settings
from django.db import models


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    bio = models.TextField(blank=True)
    is_moderator = models.BooleanField(default=False)
    picture = models.FileField(upload_to="pictures", blank=True)


class Invitation(models.Model):
    email = models.EmailField()
    code = models.CharField(max_length=64)
    used = models.BooleanField(default=False)
