from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str
    secret_key: str
    algorithm: str = "HS256"
    access_token_minutes: int = 15
    upload_dir: str = "/var/lib/app/uploads"


settings = Settings()
