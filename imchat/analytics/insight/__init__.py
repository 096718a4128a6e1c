"""What customers ask about, how they feel, and what the answers were worth: `imchat insight`.

`analysis.analyse` takes chats and gives `findings.Insight`; `table` and `page` show it.
Needs the extra `insight`, of which only `embedding`, `tones`, `topics` and `words` know.
"""
