from rest_framework import serializers

from users.models import User


class MeSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "username", "email", "phone", "is_manager"]
        read_only_fields = ["is_manager"]


class FullMeSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "username", "email", "phone", "is_manager", "is_staff"]  # BAD: mass-assignment self-promote


class MemberSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        exclude = ["phone"]  # BAD: excessive-data-exposure mass-read


class StaffSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "username", "is_staff", "is_manager"]


class LoginSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=128)
