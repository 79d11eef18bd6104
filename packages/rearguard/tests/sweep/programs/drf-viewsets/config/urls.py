from django.urls import include, path
from rest_framework.routers import DefaultRouter

from desk import views
from users import views as users

router = DefaultRouter()
router.register("projects", views.ProjectViewSet, basename="project")
router.register("tickets", views.TicketViewSet)
router.register("archive", views.ArchivedTicketViewSet, basename="archive")
router.register("notes", views.NoteViewSet)
router.register("remarks", views.RemarkViewSet)
router.register("drafts", views.DraftViewSet)
router.register("members", users.MemberViewSet)
router.register("staff", users.StaffViewSet, basename="staff")

urlpatterns = [
    path("api/", include(router.urls)),
    path("api/login/", users.LoginView.as_view()),
    path("api/login/legacy/", users.legacy_login),
    path("api/me/", users.MeView.as_view()),
    path("api/me/full/", users.FullMeView.as_view()),
    path("api/health/", users.health),
    path("api/projects/<int:project_id>/export/", views.ExportView.as_view()),
    path("api/projects/<int:project_id>/dump/", views.DumpView.as_view()),
]
