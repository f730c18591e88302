//! The pool users file (figure 3.4).

use super::lines::{self, DescriptorError, Problem};

/// A user as the line describes him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDescriptor {
    /// The UNIX user name.
    pub name: String,
    /// The groups whose nodes his RDCs may have.
    pub groups: Vec<String>,
    /// What he may launch system RDCs for. The figure has no such field; it may be left out.
    pub rights: Vec<SystemRight>,
}

/// What a system RDC may do that others may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemRight {
    /// Allocate nodes to RDCs and withdraw them.
    ManageNodes,
}

impl SystemRight {
    /// All rights with their names.
    const ALL: [(&str, SystemRight); 1] = [("manage-nodes", SystemRight::ManageNodes)];
}

/// Reads a pool users file.
pub fn parse_users(text: &str) -> Result<Vec<UserDescriptor>, DescriptorError> {
    let mut users: Vec<(usize, UserDescriptor)> = Vec::new();
    for (line, text) in lines::lines(text) {
        let user = parse_line(text).and_then(|user| {
            match users.iter().find(|(_, other)| other.name == user.name) {
                Some((line, _)) => Err(Problem::Repeated { what: user.name, line: *line }),
                None => Ok(user),
            }
        });
        users.push((line, user.map_err(|problem| DescriptorError::Line { line, problem })?));
    }
    if users.is_empty() {
        return Err(DescriptorError::Empty);
    }
    Ok(users.into_iter().map(|(_, user)| user).collect())
}

fn parse_line(line: &str) -> Result<UserDescriptor, Problem> {
    let (line, rights) = match line.match_indices(':').nth(1) {
        Some((at, _)) => (&line[..at], parse_rights(&line[at + 1..])?),
        None => (line, Vec::new()),
    };
    let [name, groups] = lines::fields(line, "user:groups")?;
    Ok(UserDescriptor { name: lines::name(name)?, groups: lines::names(groups)?, rights })
}

fn parse_rights(list: &str) -> Result<Vec<SystemRight>, Problem> {
    let right = |name: &str| {
        let known = SystemRight::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, right)| *right).ok_or_else(|| Problem::Right(name.to_owned()))
    };
    list.split(',').map(|name| right(name.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Figure 3.4.
    const FIGURE: &str = "#
# User groups for nodes under machine kathleen.
#
tim:systems,timeshared
andrew:systems,timeshared
equus:all
";

    #[test]
    fn the_figure_is_read() {
        let users = parse_users(FIGURE).unwrap();
        let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["tim", "andrew", "equus"]);
        assert_eq!(users[0].groups, ["systems", "timeshared"]);
        assert!(users.iter().all(|user| user.rights.is_empty()));
    }

    #[test]
    fn rights_are_read() {
        let users = parse_users("tim:systems\nequus:all:manage-nodes").unwrap();
        let rights: Vec<_> = users.iter().map(|user| &user.rights[..]).collect();
        assert_eq!(rights, [&[][..], &[SystemRight::ManageNodes]]);
        let error = parse_users("equus:all:fly").unwrap_err().to_string();
        assert!(error.contains("`fly` is no right: there is `manage-nodes`"), "{error}");
    }

    #[test]
    fn errors_name_the_line_and_what_is_wrong() {
        let error = |text| parse_users(text).unwrap_err().to_string();
        assert!(error("tim").contains("it has 1 fields and must have 2: user:groups"));
        assert!(error("\ntim:a\ntim:b").contains("line 3 makes no sense: `tim` stands in line 2"));
        assert!(error("tim:").contains("`` is no name"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text: String, fields in "[0-9a-f:,#\n a-z]{0,60}") {
            let _ = parse_users(&text);
            let _ = parse_users(&fields);
        }
    }
}
