//! Random sequences of the tokens of a language.

use crate::dice::Dice;

const PATTERN: &[&str] = &[
    "c4",
    "eb3",
    "f#2",
    "60",
    "0",
    "-1",
    "bd",
    "hh",
    "~",
    "-",
    "_",
    ".",
    " ",
    " ",
    " ",
    "  ",
    "[",
    "]",
    "[",
    "]",
    "<",
    ">",
    "{",
    "}",
    "(",
    ")",
    ",",
    "|",
    "*",
    "/",
    "!",
    "@",
    "?",
    ":",
    "%",
    "*2",
    "/3",
    "!4",
    "@5",
    "?0.5",
    "(3,8)",
    "(3,8,2)",
    "(5,<8 16>)",
    "{c4 e4}%4",
    "*99999999999",
    "/0",
    "*0",
    "@0",
    "!0",
    "*1.5",
    "/0.0001",
    "(0,0)",
    "(9,4)",
    "(-3,8)",
    "(1000,1000)",
    "%0",
    "*<2 3>",
    "[c4 e4]",
    "<c4 e4>",
    "é",
    "𝄞",
    "\t",
    "\n",
    "0x1",
    "1e9",
    "c4:3",
    "c4'maj",
    "Am7/C",
    "c:<90 60>",
    "'<maj min>",
    "c4'[maj min]'i",
    " *2",
    " _3",
    "*-1",
    "<0 2> .. [4 <1 9>]",
    "..",
    "*64",
    "!64",
    "[c4*64]*64",
    "*4096",
    "#",
    "\"",
    "'",
    "\\",
    "^",
    "~ ~",
    "..4",
];

const EXPRESSION: &[&str] = &[
    ".",
    ".a",
    ".[0]",
    "..",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "|",
    ",",
    "//",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "<",
    "and",
    "or",
    "not",
    "if",
    "then",
    "else",
    "end",
    "try",
    "catch",
    "reduce",
    "foreach",
    "as",
    "$x",
    "$input",
    "$context",
    "$runtime",
    "$__loc__",
    "def f: f;",
    "f",
    "label",
    "break",
    "range(10)",
    "range(0;1e9;1)",
    "repeat(.)",
    "recurse",
    "while(true;.)",
    "until(false;.)",
    "limit(3;.)",
    "first",
    "last",
    "add",
    "map(.)",
    "length",
    "tojson",
    "fromjson",
    "test(\"a*\")",
    "gsub(\"a\";\"aa\")",
    "splits(\"\")",
    "env",
    "now",
    "input",
    "input_filename",
    "@base64",
    "ltrimstr(\"a\")",
    "\"\\(.)\"",
    "\"a\"*1e9",
    "[.[]*1e9]",
    "[range(1e6)]",
    "1e308*10",
    "nan",
    "infinite",
    "null",
    "true",
    "0",
    "1",
    "-1",
    "9007199254740993",
    "?",
    ":",
    ";",
    ".[",
    "..[",
    "combinations",
    "walk(.)",
    "paths",
    "tostream",
    "getpath([\"a\"])",
    "setpath([];1)",
    "error",
    "halt",
    "debug",
    "ascii",
    "implode",
    "explode",
    "[limit(5;repeat(1))]",
    "é",
    "#",
    "\\",
    "@sh",
    "pow(2;1e9)",
    "splits(\"a\";null)",
    "sort_by(.)",
    "group_by(.)",
    "min_by(.)",
    "input_line_number",
];

fn sequence(dice: &mut Dice, words: &[&str], max: usize) -> String {
    let count = 1 + dice.below(max);
    let mut text = String::new();
    for _ in 0..count {
        text.push_str(dice.pick(words));
        if dice.one_in(3) {
            text.push(' ');
        }
    }
    text
}

/// A text that looks like a pattern.
pub fn pattern(dice: &mut Dice) -> String {
    match dice.below(8) {
        // Brackets, all opened and not all closed.
        0 => {
            let open = dice.pick(&["[", "<", "{", "[c4 ", "<c4 [", "(", "{[", "c4*[", "c4(<"]);
            open.repeat(dice.below(400)) + &sequence(dice, PATTERN, 6)
        }
        // One sign after the other.
        1 => format!(
            "c4{}",
            dice.pick(&["*9", "!9", "/9", "@9", "?", "(3,8)", "*1.9"])
                .repeat(dice.below(40))
        ),
        // Groups in groups, each multiplied.
        2 => (0..dice.below(12)).fold("c4".to_owned(), |inner, _| {
            let sign = dice.pick(&["*7", "!7", "/7", "(5,7)", "@7", "*<3 4>", "%7"]);
            match dice.below(3) {
                0 => format!("[{inner}]{sign}"),
                1 => format!("<{inner} e4>{sign}"),
                _ => format!("{{{inner} e4}}{sign}"),
            }
        }),
        _ => sequence(dice, PATTERN, 40),
    }
}

/// A text that looks like an expression.
pub fn expression(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => {
            let open = dice.pick(&["[", "(", "{a:", "-", "if ", "try ", "[.[]|", "\"\\("]);
            open.repeat(dice.below(300)) + &sequence(dice, EXPRESSION, 4)
        }
        _ => sequence(dice, EXPRESSION, 16),
    }
}
