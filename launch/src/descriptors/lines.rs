//! Lines, fields and names, and what can be wrong with them.

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Another number of fields.
    #[error("it has {found} fields and must have {wanted}: {form}")]
    Fields {
        /// How many there are.
        found: usize,
        /// How many there must be.
        wanted: usize,
        /// What a line looks like.
        form: &'static str,
    },
    /// A node's number is none.
    #[error("the node's number `{0}` is not hexadecimal")]
    Number(String),
    /// A name, of a node, user, group, type or characteristic, is none.
    #[error("`{0}` is no name: it must be 1 to 255 letters, digits, `_`, `-` and `.`")]
    Name(String),
    /// A right of the system is none.
    #[error("`{0}` is no right: there is `manage-nodes`")]
    Right(String),
    /// The same number or name stands in an earlier line.
    #[error("`{what}` stands in line {line} already")]
    Repeated {
        /// The number or name.
        what: String,
        /// The earlier line, from 1.
        line: usize,
    },
    /// There are too many lines.
    #[error("a pool has at most {0} nodes besides the host")]
    TooMany(usize),
}

/// A file that describes no pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// A line is wrong.
    #[error("line {line} makes no sense: {problem}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        problem: Problem,
    },
    /// No line describes anything.
    #[error("there is nothing in it but comments")]
    Empty,
}

/// The lines that are not empty and no comments, with their numbers from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The `N` fields of a line.
pub(super) fn fields<'l, const N: usize>(
    line: &'l str,
    form: &'static str,
) -> Result<[&'l str; N], Problem> {
    let fields: Vec<_> = line.split(':').map(str::trim).collect();
    let found = fields.len();
    fields.try_into().map_err(|_| Problem::Fields { found, wanted: N, form })
}

/// A name.
pub(super) fn name(text: &str) -> Result<String, Problem> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if text.is_empty() || text.len() > 255 || !text.bytes().all(is_letter) {
        return Err(Problem::Name(text.to_owned()));
    }
    Ok(text.to_owned())
}

/// A list of names.
pub(super) fn names(text: &str) -> Result<Vec<String>, Problem> {
    text.split(',').map(|element| name(element.trim())).collect()
}
