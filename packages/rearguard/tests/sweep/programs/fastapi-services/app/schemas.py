from pydantic import BaseModel, ConfigDict, EmailStr, Field


class AccountOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    email: EmailStr


class AccountFull(AccountOut):
    hashed_password: str  # BAD: excessive-data-exposure mass-read
    role: str


class AccountPatch(BaseModel):
    email: EmailStr | None = None
    role: str | None = None  # BAD: mass-assignment self-promote


class EmailPatch(BaseModel):
    email: EmailStr | None = None


class TicketIn(BaseModel):
    title: str = Field(max_length=200)
    body: str = Field(max_length=5000)


class TicketOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    body: str


class PasswordChange(BaseModel):
    current: str = Field(max_length=128)
    new_password: str = Field(min_length=12, max_length=128)
