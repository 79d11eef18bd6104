"""Add an account: `python -m notes.add_user EMAIL`."""

import sys
from getpass import getpass

from notes.database import Base, SessionLocal, engine
from notes.models import User
from notes.security import hasher


def main() -> None:
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        session.add(User(email=sys.argv[1].lower(), password_hash=hasher.hash(getpass())))
        session.commit()


if __name__ == "__main__":
    main()
