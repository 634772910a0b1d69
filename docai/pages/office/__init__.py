"""Office, HTML and e-mail files, which have no pages: their text, laid out on pages that docai makes itself.

`opening` decides how a file is read. `word`, `workbook`, `slides`, `web`, `mail` and `plain` take a file
apart into `content`: blocks, each with its locator (paragraph 12, Sheet1!B7). `layout` places the blocks on
pages, `typeset` draws them for a model that wants to see them, `flowfile` is the open file. With LibreOffice
`convert` prints a file instead, and it has real pages.
"""
