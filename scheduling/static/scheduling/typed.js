// Asks before a page with typed rows is left. Without scripts the page is left without a question.
'use strict';
window.addEventListener('load', () => {
    const shown = document.querySelector('input[name="shown"]');
    const form = shown && shown.form;
    if (!form) {
        return;
    }
    const content = () => new URLSearchParams(new FormData(form)).toString();
    let before = content();
    let sent = false;
    let touched = false;

    // The admin's own scripts may still fill in what nobody has typed, until the first key or click.
    function settle() {
        if (!touched) {
            before = content();
        }
        touched = true;
    }
    form.addEventListener('input', () => { touched = true; }, {capture: true, once: true});
    ['pointerdown', 'keydown'].forEach((name) => document.addEventListener(name, settle, {capture: true, once: true}));

    form.addEventListener('submit', () => { sent = true; });
    window.addEventListener('pageshow', () => { sent = false; });
    window.addEventListener('beforeunload', (event) => {
        if (!sent && (shown.hasAttribute('data-typed') || content() !== before)) {
            event.preventDefault();
        }
    });
});
