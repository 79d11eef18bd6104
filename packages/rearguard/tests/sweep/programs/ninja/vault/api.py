from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404
from ninja import ModelSchema, Router, Schema
from ninja.errors import HttpError

from vault.models import Entry

router = Router()


class EntryIn(Schema):
    label: str
    body: str


class EntryOut(ModelSchema):
    class Meta:
        model = Entry
        fields = ["id", "label"]


@router.get("/", response=list[EntryOut])
def entries(request):
    return request.user.entries.all()[:100]  # OK: list-other


@router.get("/all", response=list[EntryOut])
def all_entries(request):
    return Entry.objects.all()[:100]  # MISSED: insecure-direct-object-reference list-other


@router.get("/{entry_id}", response=EntryOut)
def entry(request, entry_id: int):
    return get_object_or_404(Entry, id=entry_id, keeper=request.auth)  # OK: read-other


@router.get("/{entry_id}/raw", response=EntryOut)
def entry_raw(request, entry_id: int):
    return get_object_or_404(Entry, id=entry_id)  # BAD: insecure-direct-object-reference read-other


@router.put("/{entry_id}", response=EntryOut)
def update(request, entry_id: int, data: EntryIn):
    found = get_object_or_404(Entry, id=entry_id)
    if found.keeper != request.user:
        raise HttpError(403, "not yours")
    for name, value in data.dict().items():
        setattr(found, name, value)
    found.save()  # OK: update-other
    return found


@router.patch("/{entry_id}", response=EntryOut)
def patch(request, entry_id: int, data: EntryIn):
    found = get_object_or_404(Entry, id=entry_id)  # BAD: insecure-direct-object-reference update-other
    for name, value in data.dict(exclude_unset=True).items():
        setattr(found, name, value)
    found.save()
    return found


@router.delete("/{entry_id}")
def delete(request, entry_id: int):
    Entry.objects.filter(id=entry_id, keeper=request.auth).delete()  # OK: delete-other
    return {"success": True}


@router.delete("/{entry_id}/now")
def delete_now(request, entry_id: int):
    Entry.objects.filter(id=entry_id).delete()  # BAD: insecure-direct-object-reference delete-other
    return {"success": True}


@router.post("/{entry_id}/give", auth=None)
def give(request, entry_id: int, data: EntryIn):  # BAD: missing-authentication|insecure-direct-object-reference no-login
    found = get_object_or_404(Entry, id=entry_id)
    found.label = data.label
    found.save()
    return {"success": True}


@router.post("/users/{user_id}/disable")
def disable(request, user_id: int):
    if not request.auth.is_staff:
        raise HttpError(403, "staff only")
    User.objects.filter(pk=user_id).update(is_active=False)  # OK: no-admin
    return {"success": True}


@router.post("/users/{user_id}/enable")
def enable(request, user_id: int):
    User.objects.filter(pk=user_id).update(is_active=True)  # BAD: missing-authorization|insecure-direct-object-reference no-admin
    return {"success": True}
