"""How a function of MiniStack is replaced, or a CloudFormation type is added."""

from ministack.services.cloudformation import provisioners


def patch(*owners):
    """The decorated function takes the place of the one of its name in each owner, and gets that as its first argument."""

    def install(new):
        original = getattr(owners[0], new.__name__)

        def patched(*args, **kwargs):
            return new(original, *args, **kwargs)

        for owner in owners:
            setattr(owner, new.__name__, patched)
        return patched

    return install


def resource_type(name, **handlers):
    """Adds handlers (create, update, delete) to a CloudFormation type; returns those that it had."""
    before = provisioners._RESOURCE_HANDLERS.get(name, {})
    provisioners._RESOURCE_HANDLERS[name] = {**before, **handlers}
    return before
