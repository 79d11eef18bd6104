from django.contrib.auth import authenticate
from rest_framework import generics, mixins, status, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import RefreshToken

from users.models import User
from users.permissions import IsManager, IsManagerHeader, ReadOnly
from users.serializers import FullMeSerializer, LoginSerializer, MemberSerializer, MeSerializer, StaffSerializer


class LoginView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "login"

    def post(self, request):
        serializer = LoginSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = authenticate(request, **serializer.validated_data)
        if user is None:
            raise AuthenticationFailed("Wrong name or password")
        return Response({"access": str(RefreshToken.for_user(user).access_token)})  # OK: login-unlimited


@api_view(["POST"])
@permission_classes([AllowAny])
def legacy_login(request):  # BAD: missing-rate-limit login-unlimited
    serializer = LoginSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    user = User.objects.filter(username=serializer.validated_data["username"]).first()
    if not user:
        return Response({"detail": "Unknown user"}, status=status.HTTP_404_NOT_FOUND)  # BAD: user-enumeration enumeration
    if not user.check_password(serializer.validated_data["password"]):
        return Response({"detail": "Wrong password"}, status=status.HTTP_401_UNAUTHORIZED)
    return Response({"access": str(RefreshToken.for_user(user).access_token)})


@api_view(["GET"])
@permission_classes([AllowAny])
def health(request):
    return Response({"ok": True})


class MeView(generics.RetrieveUpdateAPIView):
    serializer_class = MeSerializer

    def get_object(self):
        return self.request.user  # OK: self-promote


class FullMeView(generics.RetrieveUpdateAPIView):
    serializer_class = FullMeSerializer

    def get_object(self):
        return self.request.user


class MemberViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = User.objects.all()
    serializer_class = MemberSerializer
    permission_classes = [IsAuthenticated & (IsManager | IsAdminUser)]


class StaffViewSet(mixins.ListModelMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet):
    serializer_class = StaffSerializer

    def get_queryset(self):
        return User.objects.filter(company=self.request.user.company)

    def get_permissions(self):
        if self.action == "list":
            return [IsAuthenticated()]
        return [IsAdminUser()]  # OK: no-admin; OK: tenant-escape

    @action(detail=True, methods=["post"], permission_classes=[IsManagerHeader])
    def suspend(self, request, pk=None):
        user = self.get_object()
        user.is_active = False
        user.save(update_fields=["is_active"])
        return Response(status=204)  # OK: no-admin

    @action(detail=True, methods=["post"])
    def notify(self, request, pk=None):
        return Response({"sent": self.get_object().email})  # OK: no-admin
