// What an older PHP does not understand: `node syntax.mjs 7.4 FILE...` prints a line for each file.
import { readFileSync } from "node:fs";
import { Engine } from "php-parser";

const [version, ...files] = process.argv.slice(2);
const engine = new Engine({ parser: { version } });
for (const file of files) {
  try {
    engine.parseCode(readFileSync(file, "utf8"), file);
  } catch (error) {
    console.log(`${file}: ${error.message}`);
  }
}
