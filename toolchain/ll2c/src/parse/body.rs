//! The body of a function: blocks, and the names in them.

use std::collections::HashMap;

use super::{Context, Cursor};
use crate::error::Result;
use crate::ir::{Block, BlockId, Body, BodySource, Inst, Local, Op, Operand, Phi, Ty, Value};
use crate::lexer::Token;
use crate::types::Types;

/// Parses a body.
pub fn body<'a>(
    context: Context<'a>,
    types: &'a mut Types,
    source: &'a BodySource,
) -> Result<Body> {
    let text = &context.source.text()[source.text.clone()];
    let pieces = split(text, source.first_line);
    let mut parser = BodyParser::new(Cursor::new(context, types, "", source.first_line), source);
    parser.name_blocks(&pieces)?;
    let mut blocks = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        blocks.push(parser.block(piece)?);
    }
    parser.check_locals()?;
    Ok(Body { blocks, locals: parser.locals.count() })
}

/// The text of a block, without its label.
struct Piece<'a> {
    label: Option<&'a str>,
    text: &'a str,
    /// line of the file on which `text` begins
    line: u32,
}

/// Cuts a body at its labels: they alone stand at the beginning of a line.
fn split(text: &str, first_line: u32) -> Vec<Piece<'_>> {
    let mut pieces = vec![Piece { label: None, text, line: first_line }];
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1);
    for (number, end) in (first_line..).zip(ends.chain([text.len()])) {
        if let Some(label) = label(&text[start..end]) {
            close(&mut pieces, text, start);
            pieces.push(Piece { label: Some(label), text: &text[end..], line: number + 1 });
        }
        start = end;
    }
    if pieces[0].text.trim().is_empty() && pieces.len() > 1 {
        pieces.remove(0);
    }
    pieces
}

/// Ends the last piece at the byte `end` of `text`.
fn close<'a>(pieces: &mut [Piece<'a>], text: &'a str, end: usize) {
    if let Some(last) = pieces.last_mut() {
        let begin = text.len() - last.text.len();
        last.text = &text[begin..end];
    }
}

/// The label that a line is, if it is one.
fn label(line: &str) -> Option<&str> {
    match line.as_bytes().first()? {
        b' ' | b'\t' | b';' | b'\n' | b'\r' => None,
        b'"' => line[1..].split_once("\":").map(|(label, _)| label),
        _ => line.split_once(':').map(|(label, _)| label),
    }
}

/// The local values of a function.
#[derive(Default)]
struct Locals<'a> {
    numbers: HashMap<&'a str, Local>,
    /// by number: the name, and the line that defines it, or else that uses it
    lines: Vec<(&'a str, Definition)>,
}

/// Where a local value is defined, as far as that is known.
#[derive(Clone, Copy)]
enum Definition {
    Parameter,
    Instruction,
    UsedAt(u32),
}

impl<'a> Locals<'a> {
    fn number(&mut self, name: &'a str, definition: Definition) -> Local {
        let next = Local(self.count());
        *self.numbers.entry(name).or_insert_with(|| {
            self.lines.push((name, definition));
            next
        })
    }

    fn count(&self) -> u32 {
        self.lines.len() as u32
    }
}

/// Parses a body; knows the names of its values and blocks.
pub(super) struct BodyParser<'a> {
    pub(super) cursor: Cursor<'a>,
    locals: Locals<'a>,
    blocks: HashMap<&'a str, BlockId>,
    /// the number that the first block counts as when it has no label
    entry: String,
}

/// What a line of a block is.
enum Statement {
    Phi(Phi),
    Inst(Inst),
}

impl<'a> BodyParser<'a> {
    fn new(cursor: Cursor<'a>, source: &'a BodySource) -> Self {
        let mut locals = Locals::default();
        for name in &source.params {
            locals.number(name, Definition::Parameter);
        }
        // Unnamed parameters and blocks share one counter.
        let unnamed = source.params.iter().filter_map(|name| name.parse::<u32>().ok());
        let entry = unnamed.max().map_or(0, |last| last.saturating_add(1)).to_string();
        BodyParser { cursor, locals, blocks: HashMap::new(), entry }
    }

    fn name_blocks(&mut self, pieces: &[Piece<'a>]) -> Result<()> {
        for (id, piece) in (0..).map(BlockId).zip(pieces) {
            let Some(label) = piece.label else { continue };
            if self.blocks.insert(label, id).is_some() {
                self.cursor.error_line = piece.line - 1;
                return Err(self.cursor.syntax(format!("there are two blocks {label}")));
            }
        }
        Ok(())
    }

    fn block(&mut self, piece: &Piece<'a>) -> Result<Block> {
        self.cursor.jump(piece.text, piece.line);
        let mut block = Block { phis: Vec::new(), insts: Vec::new() };
        loop {
            if self.cursor.token == Token::End {
                return Err(self.cursor.expected("an instruction that ends the block"));
            }
            match self.statement()? {
                Statement::Phi(_) if !block.insts.is_empty() => {
                    return Err(self
                        .cursor
                        .syntax("a phi stands behind another instruction".into()));
                }
                Statement::Phi(phi) => block.phis.push(phi),
                Statement::Inst(inst) => {
                    let ends = is_terminator(&inst.op);
                    block.insts.push(inst);
                    if ends {
                        break;
                    }
                }
            }
        }
        if self.cursor.token == Token::End {
            Ok(block)
        } else {
            Err(self.cursor.expected("a label, for the block has ended"))
        }
    }

    fn statement(&mut self) -> Result<Statement> {
        let line = self.cursor.line;
        self.cursor.error_line = line;
        let result = match self.cursor.token {
            Token::Local(name) => {
                self.cursor.bump();
                self.cursor.expect_punct('=')?;
                Some(self.define(name, line)?)
            }
            _ => None,
        };
        if let (Some(result), true) = (result, self.cursor.accept_word("phi")) {
            return Ok(Statement::Phi(self.phi(result, line)?));
        }
        let op = self.operation()?;
        let debug = self.cursor.attachments()?;
        if result.is_some() && !has_result(&op) {
            return Err(self.cursor.syntax("this instruction has no result".into()));
        }
        Ok(Statement::Inst(Inst { result, op, debug, line }))
    }

    fn define(&mut self, name: &'a str, line: u32) -> Result<Local> {
        let local = self.locals.number(name, Definition::UsedAt(line));
        let (_, definition) = &mut self.locals.lines[local.0 as usize];
        match definition {
            Definition::UsedAt(_) => {
                *definition = Definition::Instruction;
                Ok(local)
            }
            Definition::Instruction | Definition::Parameter => {
                Err(self.cursor.syntax(format!("%{name} is defined twice")))
            }
        }
    }

    fn check_locals(&mut self) -> Result<()> {
        for (name, definition) in &self.locals.lines {
            if let Definition::UsedAt(line) = *definition {
                self.cursor.error_line = line;
                return Err(self.cursor.syntax(format!("%{name} is not defined")));
            }
        }
        Ok(())
    }

    fn phi(&mut self, result: Local, line: u32) -> Result<Phi> {
        self.cursor.skip_flags();
        let ty = self.cursor.ty()?;
        let mut incoming = Vec::new();
        loop {
            self.cursor.expect_punct('[')?;
            let value = self.value(ty)?;
            self.cursor.expect_punct(',')?;
            incoming.push((value, self.block_name()?));
            self.cursor.expect_punct(']')?;
            if !self.cursor.accept_comma() {
                break;
            }
        }
        self.cursor.attachments()?;
        Ok(Phi { result, ty, incoming, line })
    }

    /// `%name`, as a block.
    fn block_name(&mut self) -> Result<BlockId> {
        let Token::Local(name) = self.cursor.token else {
            return Err(self.cursor.expected("the name of a block"));
        };
        let id = match self.blocks.get(name) {
            Some(&id) => id,
            None if name == self.entry => BlockId(0),
            None => return Err(self.cursor.syntax(format!("there is no block %{name}"))),
        };
        self.cursor.bump();
        Ok(id)
    }

    /// `label %name`
    pub(super) fn label(&mut self) -> Result<BlockId> {
        self.cursor.expect_word("label")?;
        self.block_name()
    }

    /// A value of the type `ty`.
    pub(super) fn value(&mut self, ty: Ty) -> Result<Value> {
        if let Token::Local(name) = self.cursor.token {
            let line = self.cursor.line;
            self.cursor.bump();
            return Ok(Value::Local(self.locals.number(name, Definition::UsedAt(line))));
        }
        self.cursor.constant(ty).map(Value::Const)
    }

    /// A type and a value of it.
    pub(super) fn operand(&mut self) -> Result<Operand> {
        let ty = self.cursor.ty()?;
        Ok(Operand { ty, value: self.value(ty)? })
    }

    /// `ptr %p`: an address without its type.
    pub(super) fn pointer(&mut self) -> Result<Value> {
        let operand = self.operand()?;
        match self.cursor.types.kind(operand.ty) {
            crate::ir::TypeKind::Ptr => Ok(operand.value),
            _ => Err(self.cursor.unsupported("an address that is no plain ptr")),
        }
    }
}

fn is_terminator(op: &Op) -> bool {
    match op {
        Op::Br(_) | Op::CondBr { .. } | Op::Switch { .. } | Op::Ret(_) | Op::Unreachable => true,
        Op::Unsupported(name) => matches!(
            &**name,
            "invoke"
                | "callbr"
                | "resume"
                | "indirectbr"
                | "cleanupret"
                | "catchret"
                | "catchswitch"
        ),
        _ => false,
    }
}

fn has_result(op: &Op) -> bool {
    !matches!(op, Op::Store { .. } | Op::Fence(_))
        && (!is_terminator(op) || matches!(op, Op::Unsupported(_)))
}
