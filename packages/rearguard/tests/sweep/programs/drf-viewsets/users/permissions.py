from rest_framework.permissions import SAFE_METHODS, BasePermission


class IsManager(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user and request.user.is_authenticated and request.user.is_manager)


class ReadOnly(BasePermission):
    def has_permission(self, request, view):
        return request.method in SAFE_METHODS


class IsManagerHeader(BasePermission):
    def has_permission(self, request, view):
        return request.headers.get("X-Manager") == "1"  # BAD: client-controlled-identity role-claimed
