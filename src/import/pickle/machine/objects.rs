//! Opcodes that name globals, and what would make objects of them.

use super::Machine;
use crate::import::pickle::Value;
use crate::import::pickle::globals::{self, Global};
use crate::import::pickle::input::{Source, Step};
use crate::import::pickle::text_protocol as text;

impl<S: Source> Machine<'_, S> {
    pub(super) fn global(&mut self, opcode: u8) -> Step<()> {
        let value = if opcode == b'c' {
            self.global_lines()?
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            let (Value::Text(module), Value::Text(name)) = (module, name) else {
                return Err("the name of a global is not a string".into());
            };
            let store = &self.pickle.store;
            globals::find(store.text_at(module), store.text_at(name))?
        };
        self.push(Value::Global(value))
    }

    fn global_lines(&mut self) -> Step<Global> {
        let module = text::name(self.input.line()?)?.to_owned();
        globals::find(&module, text::name(self.input.line()?)?)
    }

    pub(super) fn call(&mut self, opcode: u8) -> Step<()> {
        let (callable, arguments) = match opcode {
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                (self.pop()?, arguments)
            }
            0x92 => {
                self.pop()?; // keyword arguments: no whitelisted class needs them
                let arguments = self.pop()?;
                (self.pop()?, arguments)
            }
            _ => {
                let named = match opcode {
                    b'i' => Some(Value::Global(self.global_lines()?)),
                    _ => None,
                };
                let from = self.pop_mark()?;
                let (callable, from_arguments) = match named {
                    Some(global) => (global, from),
                    None => (*self.stack.get(from).ok_or("stack is empty")?, from + 1),
                };
                let arguments = self.pickle.store.tuple(&self.stack[from_arguments..])?;
                self.stack.truncate(from);
                (callable, arguments)
            }
        };
        let (Value::Global(global), Value::Tuple(arguments)) = (callable, arguments) else {
            return Err("a call of something that cannot be called".into());
        };
        let value = globals::call(&mut self.pickle.store, global, arguments)?;
        self.push(value)
    }

    pub(super) fn build(&mut self) -> Step<()> {
        let state = self.pop()?;
        let target = self.top()?;
        globals::build(&mut self.pickle.store, target, state)
    }

    pub(super) fn persistent(&mut self, opcode: u8) -> Step<()> {
        let id = match opcode {
            b'Q' => self.pop()?,
            _ => {
                let line = text::name(self.input.line()?)?.to_owned();
                self.store().text(line.as_bytes())?
            }
        };
        let value = self.store().persistent(id)?;
        self.push(value)
    }
}
