//! Who may use the pool, by UNIX user name (dissertation, §3.3 and figure 3.4).

use kernel::SystemRights;
use nix::unistd::{Uid, User};

use crate::descriptors::{SystemRight, UserDescriptor};
use crate::protocol::{Refusal, Standing};

/// The users of a pool.
#[derive(Clone, Debug)]
pub struct Users {
    /// Those of the file; without one, the daemon's own user.
    table: Option<Vec<UserDescriptor>>,
}

/// Somebody who may use the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// The user name.
    pub name: String,
    /// The groups whose nodes he may have.
    pub groups: Groups,
    /// What his system RDCs may do.
    pub rights: Vec<SystemRight>,
}

/// Groups of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Groups {
    /// Every node.
    All,
    /// The nodes of these groups.
    Named(Vec<String>),
}

impl Groups {
    /// Whether a node of these groups is among them.
    pub fn include(&self, node: &[String]) -> bool {
        match self {
            Self::All => true,
            Self::Named(groups) => groups.iter().any(|group| node.contains(group)),
        }
    }
}

impl Admitted {
    /// What an RDC of this user may do to the system.
    pub fn system_rights(&self, standing: Standing) -> Result<SystemRights, Refusal> {
        match standing {
            Standing::User => Ok(SystemRights::None),
            Standing::System if self.rights.contains(&SystemRight::ManageNodes) => {
                Ok(SystemRights::ManageNodes)
            }
            Standing::System => {
                let reason = format!("{} may launch no system RDCs", self.name);
                Err(Refusal::new(reason).help(
                    "a third field of the user's line in the pool users file grants rights: \
                     user:groups:manage-nodes",
                ))
            }
        }
    }
}

impl Users {
    /// Those of a pool users file.
    pub fn listed(users: Vec<UserDescriptor>) -> Self {
        Self { table: Some(users) }
    }

    /// The user of this process alone, who may have every node and all rights.
    pub fn only_me() -> Self {
        Self { table: None }
    }

    /// Admits the user with this number, if he may use the pool.
    pub fn admit(&self, uid: rustix::process::Uid) -> Result<Admitted, Refusal> {
        let name = user_name(uid);
        let Some(table) = &self.table else {
            if uid == rustix::process::geteuid() {
                let rights = vec![SystemRight::ManageNodes];
                return Ok(Admitted { name, groups: Groups::All, rights });
            }
            return Err(Refusal::new(format!("this pool is not {name}'s"))
                .help("whoever started it can give it a pool users file: equus up --users FILE"));
        };
        match table.iter().find(|user| user.name == name) {
            Some(user) => {
                let groups = Groups::Named(user.groups.clone());
                Ok(Admitted { name, groups, rights: user.rights.clone() })
            }
            None => Err(Refusal::new(format!("{name} is not in the pool users file"))
                .help("a line `user:groups` there admits a user")),
        }
    }
}

/// The name of a user, or the number if he has none.
fn user_name(uid: rustix::process::Uid) -> String {
    let user = User::from_uid(Uid::from_raw(uid.as_raw())).ok().flatten();
    user.map_or_else(|| uid.as_raw().to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Uid, geteuid};

    fn named(name: &str) -> Users {
        let groups = vec!["systems".to_owned()];
        Users::listed(vec![UserDescriptor { name: name.to_owned(), groups, rights: vec![] }])
    }

    #[test]
    fn without_a_file_the_pool_is_its_owners() {
        assert_eq!(Users::only_me().admit(geteuid()).unwrap().groups, Groups::All);
        let other = Uid::from_raw(geteuid().as_raw() + 54_321);
        let refusal = Users::only_me().admit(other).unwrap_err();
        assert!(refusal.reason.contains(&other.as_raw().to_string()), "{refusal:?}");
    }

    #[test]
    fn system_rdcs_are_for_those_who_have_the_right() {
        let owner = Users::only_me().admit(geteuid()).unwrap();
        assert_eq!(owner.system_rights(Standing::System), Ok(SystemRights::ManageNodes));
        assert_eq!(owner.system_rights(Standing::User), Ok(SystemRights::None));
        let me = user_name(geteuid());
        let mut listed = named(&me).admit(geteuid()).unwrap();
        assert_eq!(listed.system_rights(Standing::User), Ok(SystemRights::None));
        let refusal = listed.system_rights(Standing::System).unwrap_err();
        assert!(refusal.reason.contains("may launch no system RDCs"), "{refusal:?}");
        listed.rights.push(SystemRight::ManageNodes);
        assert_eq!(listed.system_rights(Standing::System), Ok(SystemRights::ManageNodes));
    }

    #[test]
    fn with_a_file_it_is_theirs_who_stand_there() {
        let me = user_name(geteuid());
        let admitted = named(&me).admit(geteuid()).unwrap();
        assert!(admitted.groups.include(&["all".to_owned(), "systems".to_owned()]));
        assert!(!admitted.groups.include(&["exclusive".to_owned()]));
        let refusal = named("nobody-of-this-name").admit(geteuid()).unwrap_err();
        assert!(refusal.reason.contains("not in the pool users file"), "{refusal:?}");
    }
}
