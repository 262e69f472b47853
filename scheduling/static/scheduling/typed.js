// Asks before a page with typed rows is left. Without scripts the page is left without a question.
'use strict';
window.addEventListener('load', () => {
    const shown = document.querySelector('input[name="shown"]');
    const form = shown && shown.form;
    if (!form) {
        return;
    }
    const content = () => new URLSearchParams(new FormData(form)).toString();
    let sent = false;
    let before = content();

    // The admin's own scripts still fill in what nobody has typed, until the first key or click.
    const settle = () => { before = content(); };
    ['pointerdown', 'keydown'].forEach((name) => document.addEventListener(name, settle, {capture: true, once: true}));

    form.addEventListener('submit', () => { sent = true; });
    window.addEventListener('pageshow', () => { sent = false; });
    window.addEventListener('beforeunload', (event) => {
        if (!sent && (shown.hasAttribute('data-typed') || content() !== before)) {
            event.preventDefault();
        }
    });
});
