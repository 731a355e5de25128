//! Persistence: encrypted records (sessions, tokens, drafts) and the activation journal, on SQLite.
