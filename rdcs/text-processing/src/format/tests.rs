use proptest::prelude::*;

use super::*;

const NARROW: Layout = Layout { width: 20, lines: 10 };

/// The lines of a page between its head and its foot.
fn body(page: &str) -> Vec<&str> {
    let lines: Vec<&str> = page.lines().collect();
    lines[2..lines.len() - 2].to_vec()
}

#[test]
fn a_page_as_it_is_printed() {
    let text = "# On trains\n\nA train of thought runs on two rails: what is, and what would \
                follow.\n\n## Brakes\nShort.";
    let expected = "On trains     page 1\n\n     On trains\n     =========\n\nA  train  of thought\n\
                    runs on  two  rails:\n\n\n       1 of 3\n";
    let pages = format("name", text, NARROW);
    assert_eq!(pages[0], expected);
    assert_eq!(body(&pages[1])[..3], ["what  is,  and  what", "would follow.", ""]);
    assert_eq!(body(&pages[2])[..4], ["Brakes", "------", "", "Short."]);
}

#[test]
fn a_heading_stays_with_what_it_stands_above() {
    // One line of the page is left below the first paragraph and the blank line.
    let text = "a\n\nb\n\n## H\n\nc";
    let pages = format("n", text, Layout { width: 16, lines: 10 });
    assert_eq!(body(&pages[0]), ["a", "", "b", "", "", ""]);
    assert_eq!(body(&pages[1])[..4], ["H", "-", "", "c"]);
}

#[test]
fn a_text_without_a_title_has_its_name() {
    let pages = format("page-001.txt", "", NARROW);
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].lines().next(), Some("page-001.txt  page 1"));
    let long = format("a name that is too long", "", NARROW);
    assert_eq!(long[0].lines().next(), Some("a name that i page 1"));
}

#[test]
fn signs_without_words_are_words() {
    let pages = format("n", "#\n\n#hash\n\n## ", NARROW);
    assert_eq!(body(&pages[0])[..5], ["#", "", "#hash", "", "##"]);
}

/// Texts with blank lines, headings, and words that are too long for a line.
fn texts() -> impl Strategy<Value = String> {
    let word = prop_oneof![8 => "[a-zé.]{1,9}", 1 => "[a-z]{15,60}", 1 => Just("#".to_owned())];
    let line = prop::collection::vec(word, 0..8).prop_map(|words| words.join(" "));
    let start = prop_oneof![6 => Just(""), 1 => Just("# "), 1 => Just("## "), 1 => Just("\n")];
    let lines = prop::collection::vec((start, line), 0..30);
    lines.prop_map(|lines| lines.iter().flat_map(|(start, line)| [*start, &**line, "\n"]).collect())
}

fn layouts() -> impl Strategy<Value = Layout> {
    (16usize..80, Layout::LINES_MIN..70).prop_map(|(width, lines)| Layout { width, lines })
}

/// The letters of a text without the signs of headings.
fn letters(text: &str) -> String {
    let words = super::text::blocks(text).flat_map(|block| block.words);
    words.collect()
}

/// Whether a line underlines a heading.
fn underlines(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && line.chars().all(|c| c == '=' || c == '-')
}

proptest! {
    #[test]
    fn no_word_is_lost(text in texts(), layout in layouts()) {
        let pages = format("n", &text, layout);
        let lines = pages.iter().flat_map(|page| body(page)).filter(|line| !underlines(line));
        let printed: String = lines.flat_map(str::split_whitespace).collect();
        prop_assert_eq!(printed, letters(&text));
    }

    #[test]
    fn pages_have_their_size(text in texts(), layout in layouts()) {
        let pages = format("n", &text, layout);
        for (index, page) in pages.iter().enumerate() {
            prop_assert!(page.ends_with('\n'));
            prop_assert_eq!(page.lines().count(), layout.lines);
            prop_assert!(page.lines().all(|line| line.chars().count() <= layout.width));
            let number = format!("{} of {}", index + 1, pages.len());
            prop_assert_eq!(page.lines().last().map(str::trim), Some(&*number));
        }
        let filled = pages.iter().all(|page| !body(page)[0].is_empty());
        prop_assert!(filled || letters(&text).is_empty(), "an empty page");
    }

    #[test]
    fn paragraphs_are_justified(words in prop::collection::vec("[a-z]{1,15}", 1..99), width in 16usize..80) {
        let pages = format("n", &words.join(" "), Layout { width, lines: 200 });
        let lines: Vec<&str> = body(&pages[0]).into_iter().filter(|line| !line.is_empty()).collect();
        let (_, wide) = lines.split_last().unwrap();
        for line in wide.iter().filter(|line| line.contains(' ')) {
            prop_assert_eq!(line.chars().count(), width, "{}", line);
        }
    }

    #[test]
    fn no_line_of_a_paragraph_stands_alone(lengths in prop::collection::vec(1usize..9, 1..30), lines in 8usize..20) {
        // Each word is a line of its own, and says whether it is its paragraph's first or last.
        let text: String = lengths.iter().map(|length| {
            let word = |index| match (index, *length) {
                (_, 1) => "single-line-here ",
                (0, _) => "first-line-there ",
                (index, length) if index + 1 == length => "last-lines-there ",
                _ => "middle-line-here ",
            };
            (0..*length).map(word).chain(["\n\n"]).collect::<String>()
        }).collect();
        for page in format("n", &text, Layout { width: 16, lines }) {
            let lines = body(&page);
            let end = lines.iter().rposition(|line| !line.is_empty()).unwrap();
            prop_assert!(!lines[0].starts_with("last"), "{}", page);
            prop_assert!(!lines[end].starts_with("first"), "{}", page);
        }
    }
}
