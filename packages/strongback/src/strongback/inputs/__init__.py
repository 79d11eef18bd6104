"""Controls on what comes in and what is made of it: files, archives, processes, XML, templates, HTML, text."""

__all__: list[str] = []
