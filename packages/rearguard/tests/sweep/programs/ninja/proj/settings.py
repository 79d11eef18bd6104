import os

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["vault.example"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "vault"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "proj.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "vault"}}
SECURE_SSL_REDIRECT = True
