//! What is checked: a way to change the receiver of messages, and how much may go wrong.

use sim::plant::Plant;

/// A scene, and the bounds within which everything is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct Scenario {
    /// how the receiver changes
    #[arg(long, value_enum)]
    pub change: Change,
    /// messages that are sent, every second one an invocation
    #[arg(long, default_value_t = 2)]
    pub messages: u8,
    /// how often something else may happen than what is next, turn by turn; without a bound,
    /// every order is tried
    #[arg(long)]
    pub swaps: Option<u8>,
    /// packets that may be lost
    #[arg(long, default_value_t = 0)]
    pub losses: u8,
    /// packets that may come a second time, however late
    #[arg(long, default_value_t = 0)]
    pub copies: u8,
    /// packets that may be late, and overtaken
    #[arg(long, default_value_t = 0)]
    pub delays: u8,
    /// whose node may lose power at any moment, for good
    #[arg(long, value_enum)]
    pub killed: Option<Role>,
    /// a defect planted on purpose
    #[arg(long, value_enum)]
    pub plant: Option<Plant>,
}

/// A way to change the receiver of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Change {
    /// the owner gives his port to somebody else, by a message (§6.2.1)
    Propagation,
    /// the same, and messages wait at their senders meanwhile
    Holding,
    /// somebody else attaches a port of his own in its place (§6.2.4)
    Attachment,
    /// somebody leads the sender's stream to a channel of his own (§6.2.3)
    Rebinding,
}

/// Who takes part. Each is alone on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Role {
    /// sends the messages; its node, 0, is the launch endpoint's
    Sender,
    /// has the port at first; node 1
    Owner,
    /// has it in the end; node 2
    Taker,
}

impl Scenario {
    /// The scene in which nothing goes wrong, in every order.
    pub fn fair(change: Change, messages: u8) -> Scenario {
        let (swaps, losses, copies, delays, killed, plant) = Default::default();
        Scenario { change, messages, swaps, losses, copies, delays, killed, plant }
    }
}
