//! Targets of the tests that do what a folder does, but for what each is about.

/// What is the same: forwarded to the field `folder`.
macro_rules! through_folder {
    () => {
        fn check_writable(
            &mut self,
            context: &::smime_sync::event::Context,
        ) -> ::smime_sync::error::Result<()> {
            self.folder.check_writable(context)
        }
        fn clock(
            &mut self,
            context: &::smime_sync::event::Context,
        ) -> ::smime_sync::error::Result<Option<::smime_sync::model::Timestamp>> {
            self.folder.clock(context)
        }
        fn read_all(
            &mut self,
            selection: &::smime_sync::directory::Selection,
            context: &::smime_sync::event::Context,
            sink: &mut dyn FnMut(::smime_sync::directory::SourceItem) -> ::smime_sync::error::Result<()>,
        ) -> ::smime_sync::error::Result<()> {
            self.folder.read_all(selection, context, sink)
        }
        fn finish(
            &mut self,
            next: &mut dyn FnMut(
                &str,
            )
                -> ::smime_sync::error::Result<Vec<::smime_sync::model::PublishedRecipient>>,
            context: &::smime_sync::event::Context,
        ) -> ::smime_sync::error::Result<()> {
            self.folder.finish(next, context)
        }
    };
}

pub(crate) use through_folder;
