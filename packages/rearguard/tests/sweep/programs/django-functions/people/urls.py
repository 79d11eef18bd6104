from django.urls import path

from people import views

urlpatterns = [
    path("login/", views.sign_in),
    path("login/form/", views.sign_in_form),
    path("logout/", views.sign_out),
    path("profile/", views.edit_profile),
    path("profile/full/", views.edit_profile_full),
    path("password/", views.change_password),
    path("password/quick/", views.change_password_quick),
    path("staff/", views.staff_list),
    path("staff/<int:pk>/disable/", views.disable),
    path("staff/<int:pk>/enable/", views.enable),
    path("staff/<int:pk>/moderator/", views.make_moderator),
    path("invite/", views.invite),
    path("invite/quick/", views.invite_quick),
    path("pictures/", views.upload),
]
