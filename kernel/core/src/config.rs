//! How large a node's tables are: everything is bounded, and taken at boot.

use abi::ids::ModuleId;

/// Incarnations that a node can host at most, a power of two: tables on the paths of messages
/// have so many entries that none of them needs a bound.
pub const INCARNATIONS_MAX: u16 = 64;

/// Sizes of the tables of a node. Each says what happens when it is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Incarnations hosted at a time (at most [`INCARNATIONS_MAX`]); more are refused with `Busy`.
    pub incarnations: u16,
    /// References that one incarnation may hold (at most 4,096); then `TableFull`.
    pub references: u16,
    /// The same, of an incarnation of stream space.
    pub stream_space_references: u16,
    /// Kernel ports: one per incarnation, one per attachment of a port; then `NoMemory`.
    pub kernel_ports: u16,
    /// Messages queued or being worked on, all incarnations together; a message that finds no
    /// room is answered `Busy` and sent again. At least 2.5 for each incarnation are made.
    pub messages: u16,
    /// Of these, those that hold data of their own (1.5 KB each); at least 1.5 for each
    /// incarnation.
    pub blocks: u16,
    /// Messages that one incarnation may have queued or being worked on; more only if they come
    /// with a port or a stream that moves.
    pub messages_each: u16,
    /// Sources remembered to recognise repeated messages; a message from a new one that finds
    /// no old entry is answered `Busy`.
    pub sources: u16,
    /// Asynchronous invocations whose data has not been fetched; then further ones are
    /// refused with `Busy`.
    pub outstanding: u16,
    /// RDCs that the node works for; then the node cannot be allocated (`TableFull`).
    pub rdcs: u16,
    /// Whether messages that are a header only go the short way. It makes no difference but
    /// in time.
    pub fast_paths: FastPaths,
}

/// Whether the fast paths are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FastPaths {
    /// Where they can be.
    Used,
    /// Not at all, for tests that compare.
    Unused,
}

impl Config {
    /// References that an incarnation of this module may hold.
    pub(crate) fn references_of(&self, module: ModuleId) -> u16 {
        match module {
            ModuleId::STREAM_SPACE => self.stream_space_references,
            _ => self.references,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            incarnations: INCARNATIONS_MAX,
            references: 256,
            stream_space_references: 1024,
            kernel_ports: 1024,
            messages: 512,
            blocks: 192,
            messages_each: 64,
            sources: 2048,
            outstanding: 256,
            rdcs: 16,
            fast_paths: FastPaths::Used,
        }
    }
}
