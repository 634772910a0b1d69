"""What a batch tells of itself beside its progress: log lines, metrics, spans. Each takes a job's events."""
