//! The checks of a module's entry that need no file: a node makes them too.

use super::error::{Expected, Fields, FileError, Place};
use super::{ALIGNMENT, ModuleEntry, SECTION_MAX, STACK_MIN, USER_BEGIN, USER_END};

impl ModuleEntry {
    /// Checks that the name, sizes and addresses make a module that can run: text,
    /// data with its heap, and stack lie in user memory, in this order, apart.
    pub fn check(&self, module: u16) -> Result<(), FileError> {
        let fields = Fields(Place::Module(module));
        self.check_name(fields)?;
        self.check_sizes(fields)?;
        self.check_addresses(fields)
    }

    /// The name; empty if it is no name.
    pub fn name(&self) -> &str {
        let bytes = self.name.bytes().unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    fn check_name(&self, fields: Fields) -> Result<(), FileError> {
        let name = self.name();
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let is_name = !name.is_empty() && name.bytes().all(is_letter);
        let is_padded = crate::structs::Label::new(name.as_bytes()) == Some(self.name);
        fields.check(is_name && is_padded, "name", name.len() as u64, Expected::Name)
    }

    fn check_sizes(&self, fields: Fields) -> Result<(), FileError> {
        fields.range("text_bytes", self.text_bytes.get(), 2, SECTION_MAX)?;
        fields.range("data_bytes", self.data_bytes.get(), 0, SECTION_MAX)?;
        fields.range("bss_bytes", self.bss_bytes.get(), 0, SECTION_MAX)?;
        fields.range("heap_bytes", self.heap_bytes.get(), 0, SECTION_MAX)?;
        fields.range("stack_bytes", self.stack_bytes.get(), STACK_MIN, SECTION_MAX)
    }

    /// No sum here wraps: addresses are below 2^31 and five sizes below 2^29.
    fn check_addresses(&self, fields: Fields) -> Result<(), FileError> {
        let (text, data) = (self.text_address.get(), self.data_address.get());
        fields.multiple("text_address", text, ALIGNMENT)?;
        fields.range("text_address", text, USER_BEGIN, USER_END - 1)?;
        let text_end = text + self.text_bytes.get();
        fields.multiple("data_address", data, ALIGNMENT)?;
        let behind_text = Expected::Behind(text_end.into());
        fields.check(data >= text_end, "data_address", data, behind_text)?;
        fields.range("data_address", data, USER_BEGIN, USER_END - 1)?;
        let heap_end = data + self.data_bytes.get() + self.bss_bytes.get() + self.heap_bytes.get();
        // Each is rounded up to a page, and a guard page lies below the stack.
        let end = heap_end + self.stack_bytes.get() + 3 * ALIGNMENT;
        fields.range("end of the stack", end, USER_BEGIN, USER_END)?;
        let entry = self.entry.get();
        fields.multiple("entry", entry, 2)?;
        fields.range("entry", entry, text, text_end - 2)
    }
}
