"""What a coding agent finds: the skill `backend-security-coder` and the sub-agent `eng-backend`."""
