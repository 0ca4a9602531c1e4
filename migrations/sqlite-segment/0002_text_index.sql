-- Substrings of three characters and more, by their trigrams; see server/store/sqlite/text-index.ts. One document a task:
-- folded before it comes here, so compared as it is. Only which tasks hold a trigram is kept: no text, no positions.
CREATE VIRTUAL TABLE `task_text` USING fts5(
	`text`,
	content='',
	contentless_delete=1,
	detail=none,
	tokenize='trigram case_sensitive 1'
);
--> statement-breakpoint
-- Each commit adds a segment of the index. Merging 16 of a size instead of FTS5's 4 costs a quarter less CPU a task, and
-- queries do not notice; 48 as the bound beyond which all are merged at once keeps that from stalling a commit.
INSERT INTO `task_text`(`task_text`, `rank`) VALUES('automerge', 16);
--> statement-breakpoint
INSERT INTO `task_text`(`task_text`, `rank`) VALUES('crisismerge', 48);
