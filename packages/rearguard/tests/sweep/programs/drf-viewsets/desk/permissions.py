from rest_framework import permissions


class IsWriter(permissions.BasePermission):
    message = "You may only change what you wrote."

    def has_object_permission(self, request, view, obj):
        return obj.writer == request.user


class IsWriterOrReadOnly(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        if request.method in permissions.SAFE_METHODS:
            return True
        return obj.writer_id == request.user.pk
