"""The screens: an agent's console, a customer's window, a supervisor's dashboard."""
