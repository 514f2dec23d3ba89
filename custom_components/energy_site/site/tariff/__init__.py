"""What energy costs and earns: when, whether a tariff holds together, and what two of them differ in."""
