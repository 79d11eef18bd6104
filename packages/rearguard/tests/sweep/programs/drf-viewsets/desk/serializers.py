from rest_framework import serializers

from desk.models import Draft, Note, Project, Ticket


class ProjectSerializer(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = ["id", "name"]


class TicketSerializer(serializers.ModelSerializer):
    class Meta:
        model = Ticket
        fields = ["id", "project", "title", "archived"]

    def validate_project(self, project):
        if project.company_id != self.context["request"].user.company_id:
            raise serializers.ValidationError("unknown project")
        return project


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ["id", "ticket", "text"]


class RemarkSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = "__all__"  # BAD: mass-assignment mass-write


class DraftSerializer(serializers.ModelSerializer):
    writer = serializers.HiddenField(default=serializers.CurrentUserDefault())

    class Meta:
        model = Draft
        fields = ["id", "writer", "text"]
