"""Controls on what comes in and what it becomes: files, archives, processes, XML, templates, HTML, text."""

__all__: list[str] = []
