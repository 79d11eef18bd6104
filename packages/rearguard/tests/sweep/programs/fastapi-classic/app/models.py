from sqlmodel import Field, Relationship, SQLModel


class UserBase(SQLModel):
    email: str = Field(index=True, max_length=255)
    full_name: str = Field(default="", max_length=100)


class User(UserBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    password: str
    is_superuser: bool = False
    notes: list["Note"] = Relationship(back_populates="owner")


class UserCreate(UserBase):
    password: str = Field(min_length=12, max_length=128)


class UserImport(UserCreate):
    is_superuser: bool = False  # BAD: mass-assignment self-promote


class UserPublic(UserBase):
    id: int


class Note(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    owner_id: int = Field(foreign_key="user.id")
    text: str = Field(max_length=2000)
    owner: User | None = Relationship(back_populates="notes")


class NoteIn(SQLModel):
    text: str = Field(max_length=2000)


class NoteFull(SQLModel):
    text: str = Field(max_length=2000)
    owner_id: int  # BAD: mass-assignment mass-write
