//! How often each word occurs.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

/// Words, which are runs of letters and digits in lower case, and how often they occur.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    counts: BTreeMap<String, u32>,
}

/// A tally that came in a message is damaged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damaged;

impl Tally {
    /// Counts the words of a text.
    pub fn of(text: &str) -> Tally {
        let mut tally = Tally::default();
        for word in text.split(|letter: char| !letter.is_alphanumeric()) {
            if !word.is_empty() {
                tally.add(word, 1);
            }
        }
        tally
    }

    fn add(&mut self, word: &str, count: u32) {
        if word.chars().any(char::is_uppercase) {
            return self.add(&word.to_lowercase(), count);
        }
        match self.counts.get_mut(word) {
            Some(known) => *known += count,
            None => {
                self.counts.insert(word.into(), count);
            }
        }
    }

    /// Adds what another tally has.
    pub fn merge(&mut self, other: &Tally) {
        for (word, count) in &other.counts {
            self.add(word, *count);
        }
    }

    /// Words in all.
    pub fn words(&self) -> u64 {
        self.counts.values().map(|count| u64::from(*count)).sum()
    }

    /// Different words.
    pub fn different(&self) -> usize {
        self.counts.len()
    }

    /// The most frequent words, and among equally frequent ones the first of the alphabet.
    pub fn top(&self, number: usize) -> Vec<(&str, u32)> {
        let mut all: Vec<_> =
            self.counts.iter().map(|(word, count)| (word.as_str(), *count)).collect();
        all.sort_by_key(|(word, count)| (Reverse(*count), *word));
        all.truncate(number);
        all
    }

    /// The form in messages: of each word its count, four bytes, and itself, ended by a null.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (word, count) in &self.counts {
            bytes.extend_from_slice(&count.to_be_bytes());
            bytes.extend_from_slice(word.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    /// The tally of this form.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Tally, Damaged> {
        let mut tally = Tally::default();
        while let Some((count, rest)) = bytes.split_first_chunk() {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(Damaged)?;
            let word = core::str::from_utf8(&rest[..end]).map_err(|_| Damaged)?;
            tally.add(word, u32::from_be_bytes(*count));
            bytes = &rest[end + 1..];
        }
        if bytes.is_empty() { Ok(tally) } else { Err(Damaged) }
    }
}

/// A number with its thousands apart: `1,234,567`.
#[derive(Clone, Copy, Debug)]
pub struct Grouped(pub u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = alloc::format!("{}", self.0);
        let mut text = String::new();
        for (index, digit) in digits.char_indices() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_without_case() {
        let tally = Tally::of("The node, THE node's; Üben übt. 68030");
        assert_eq!(tally.top(2), [("node", 2), ("the", 2)]);
        assert_eq!((tally.words(), tally.different()), (8, 6));
        assert_eq!(tally.top(9).last(), Some(&("übt", 1)));
    }

    #[test]
    fn a_tally_survives_its_journey() {
        let tally = Tally::of("one two two three three three");
        let bytes = tally.to_bytes();
        assert_eq!(Tally::from_bytes(&bytes), Ok(tally.clone()));
        assert_eq!(Tally::from_bytes(&bytes[..bytes.len() - 1]), Err(Damaged));
        let mut twice = tally.clone();
        twice.merge(&tally);
        assert_eq!(twice.top(1), [("three", 6)]);
    }

    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 999, 1000, 1_234_567].map(|number| Grouped(number).to_string());
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(format!("{:>7}", Grouped(1234)), "  1,234");
    }
}
