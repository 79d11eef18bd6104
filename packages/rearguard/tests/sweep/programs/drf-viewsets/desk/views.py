from django.shortcuts import get_object_or_404
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from desk.models import Draft, Note, Project, Ticket
from desk.permissions import IsWriter
from desk.serializers import DraftSerializer, NoteSerializer, ProjectSerializer, RemarkSerializer, TicketSerializer


class CompanyScoped:
    company_lookup = "company"

    def get_queryset(self):
        return super().get_queryset().filter(**{self.company_lookup: self.request.user.company})


class ProjectViewSet(CompanyScoped, viewsets.ModelViewSet):
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer

    def perform_create(self, serializer):
        serializer.save(company=self.request.user.company)  # OK: tenant-escape


class TicketViewSet(viewsets.ModelViewSet):
    queryset = Ticket.objects.select_related("project")
    serializer_class = TicketSerializer

    def get_queryset(self):
        return self.queryset.filter(project__company=self.request.user.company)

    def perform_create(self, serializer):
        serializer.save(reporter=self.request.user)

    @action(detail=True, methods=["post"])
    def archive(self, request, pk=None):
        ticket = self.get_object()
        ticket.archived = True
        ticket.save()
        return Response(TicketSerializer(ticket).data)  # OK: update-other

    @action(detail=True, methods=["post"])
    def restore(self, request, pk=None):
        ticket = get_object_or_404(Ticket, pk=pk)  # BAD: insecure-direct-object-reference update-other
        ticket.archived = False
        ticket.save()
        return Response(TicketSerializer(ticket).data)

    @action(detail=True, methods=["get"])
    def notes(self, request, pk=None):
        ticket = self.get_object()
        return Response(NoteSerializer(ticket.notes.all()[:50], many=True).data)  # OK: parent-other

    @action(detail=True, methods=["delete"], url_path="notes/(?P<note_id>[0-9]+)")
    def remove_note(self, request, pk=None, note_id=None):
        self.get_object()
        Note.objects.get(pk=note_id).delete()  # BAD: insecure-direct-object-reference|incorrect-authorization parent-other
        return Response(status=204)


class ArchivedTicketViewSet(viewsets.ReadOnlyModelViewSet):
    serializer_class = TicketSerializer

    def get_queryset(self):
        return Ticket.objects.filter(archived=True)  # BAD: insecure-direct-object-reference tenant-escape


class NoteViewSet(viewsets.ModelViewSet):
    queryset = Note.objects.all()  # BAD: insecure-direct-object-reference read-other
    serializer_class = NoteSerializer

    def perform_create(self, serializer):
        serializer.save(writer=self.request.user)


class RemarkViewSet(viewsets.ModelViewSet):
    queryset = Note.objects.all()
    serializer_class = RemarkSerializer
    permission_classes = [IsAuthenticated, IsWriter]

    def get_queryset(self):
        return Note.objects.filter(writer=self.request.user)


class DraftViewSet(viewsets.ModelViewSet):
    queryset = Draft.objects.all()
    serializer_class = DraftSerializer

    def get_queryset(self):
        user = self.request.user
        if user.is_superuser:
            return Draft.objects.all()
        return Draft.objects.filter(writer=user)  # OK: read-other; OK: mass-write


class ExportView(APIView):
    def get(self, request, project_id):
        project = get_object_or_404(Project, pk=project_id, company_id=request.user.company_id)
        tickets = Ticket.objects.filter(project=project)[:100]
        return Response(TicketSerializer(tickets, many=True).data)  # OK: list-other


class DumpView(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request, project_id):
        tickets = Ticket.objects.filter(project_id=project_id)[:100]  # BAD: insecure-direct-object-reference list-other
        return Response(TicketSerializer(tickets, many=True).data)
