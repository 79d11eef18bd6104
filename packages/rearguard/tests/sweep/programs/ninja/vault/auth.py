import hashlib

from ninja.security import HttpBearer

from vault.models import ApiToken


class TokenAuth(HttpBearer):
    def authenticate(self, request, token):
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = ApiToken.objects.select_related("user").filter(digest=digest).first()
        if found is None:
            return None
        request.user = found.user
        return found.user
