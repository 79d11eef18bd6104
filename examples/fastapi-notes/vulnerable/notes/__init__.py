"""Notes with attachments, link previews and public pages."""
